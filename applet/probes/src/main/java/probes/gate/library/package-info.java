/** A package without applet: a library, which breaks a rule that applets' packages do not have. */
package probes.gate.library;
