/**
 * The contract's application as a Java Card applet, one class a concern. {@link
 * unicard.application.UnicardApplet} takes the commands; what lasts is in {@code Persistent}, what does
 * not in {@code Transient}; numbers and tables come from the contract ({@code Contract}).
 *
 * <p>Imports the Java Card API 3.0.5 and org.globalplatform, nothing else; the bytecode gate reads it.
 */
package unicard.application;
