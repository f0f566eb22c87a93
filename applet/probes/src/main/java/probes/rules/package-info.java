/** Applets that ask a card, rule by rule, what it keeps of the runtime environment's specification. */
package probes.rules;
