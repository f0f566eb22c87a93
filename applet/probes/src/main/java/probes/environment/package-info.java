/** Applets that show what a Java Card runtime environment does around them. */
package probes.environment;
