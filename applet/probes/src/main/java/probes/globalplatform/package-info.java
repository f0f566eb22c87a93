/** Applets that try what GlobalPlatform offers them, and tell the terminal what they found. */
package probes.globalplatform;
