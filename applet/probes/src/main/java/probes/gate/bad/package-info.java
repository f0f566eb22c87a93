/** Classes that break one rule of the bytecode gate each; its test says which. They never run. */
package probes.gate.bad;
