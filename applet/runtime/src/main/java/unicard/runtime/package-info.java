/**
 * What runs the card, loaded once a card: persistent memory that power cuts tear, the hooks that
 * woven classes call, and the Java Card runtime environment.
 *
 * <p>Standards: Java Card Classic 3.0.5 runtime environment specification (JCRE) and API.
 */
package unicard.runtime;
