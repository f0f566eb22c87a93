/**
 * The class loader of a card and what it does to class files: every write to persistent memory goes
 * through {@code unicard.runtime.Hooks}, and what jCardSim leaves hollow is replaced.
 *
 * <p>Loaded once a JVM; knows nothing of {@code javacard} but names.
 */
package unicard.weave;
