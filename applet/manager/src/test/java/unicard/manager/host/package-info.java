/** The reader's side of the tests: SCP03 written anew, over javax.crypto, and what uses it. */
package unicard.manager.host;
