/**
 * What stands in for classes of the Java Card API and of jCardSim that know nothing of torn memory:
 * either calls of applets are led here, or the class itself is defined under the other's name.
 */
package unicard.runtime.api;
