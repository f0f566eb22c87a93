/** Programs that write, for the tests of the torn memory. */
package probes.memory;
