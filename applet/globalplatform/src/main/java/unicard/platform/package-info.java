/** What connects org.globalplatform with the card that it runs on. */
package unicard.platform;
