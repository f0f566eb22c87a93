/**
 * What is on the card, and the commands that change and show it: INSTALL, LOAD, DELETE, GET STATUS,
 * SET STATUS, STORE DATA, SELECT, and what an applet asks of it through org.globalplatform.
 *
 * <p>One class a command; {@link unicard.manager.content.Registry} is the way of all of them to what
 * the card remembers. Standard: GlobalPlatform Card 2.3.1, 6, 9 and 11.
 */
package unicard.manager.content;
