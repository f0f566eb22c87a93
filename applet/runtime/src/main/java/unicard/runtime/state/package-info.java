/**
 * What the plain issuer domain remembers: woven, so that every write here is one of persistent memory.
 */
package unicard.runtime.state;
