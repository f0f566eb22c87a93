/** Applets for the tests of the ways to a card. */
package probes.link;
