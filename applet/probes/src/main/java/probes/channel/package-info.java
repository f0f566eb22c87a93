/** Applets that use org.globalplatform.SecureChannel, its traps included. */
package probes.channel;
