/**
 * What the class files of an applet may hold, so that a converter makes a CAP file of them that runs
 * on any Java Card Classic 3.0.5, and so that they keep this project's rules on allocation.
 *
 * <p>Standard: Java Card 3 Platform Virtual Machine Specification, Classic Edition 3.0.5 (JCVM),
 * chapter 2, and the API of the same version. {@link unicard.gate.BytecodeGate} is the way in.
 */
package unicard.gate;
