/** Applets that the bytecode gate must let pass: several classes, state made at install, 16-bit arithmetic. */
package probes.gate.good;
