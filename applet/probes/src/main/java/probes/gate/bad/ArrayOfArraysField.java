package probes.gate.bad;

/** A field for an array of arrays. */
final class ArrayOfArraysField {
    short[][] table;
}
