/**
 * A Java card as its users hold it: options in, bytes in, bytes out, power, measures.
 *
 * <p>Everything here is loaded once a JVM. What runs on the card ({@code javacard}, {@code
 * unicard.runtime}, {@code unicard.manager}, {@code org.globalplatform}, applets) is loaded once a
 * card, by a class loader of its own, and is reached through {@link unicard.card.CardCore} only.
 */
package unicard.card;
