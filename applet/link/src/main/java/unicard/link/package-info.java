/**
 * Ways to a card: {@link unicard.link.Loopback} for one program on this machine, {@link
 * unicard.link.Vpcd} for the virtual reader of pcscd. {@code Main} makes the card that its
 * parent process describes on standard input, and ends with it.
 */
package unicard.link;
