/**
 * What the card manager remembers: the fields and arrays of these classes are persistent memory.
 *
 * <p>They are woven: every write of a field or an array element here, and every object that is made
 * here, is counted and can be the one at which power fails. So a change is either one write, of a
 * reference to something that was built beside the old, or goes through {@code
 * AppletHost.atomically}. Hence: only classes of this package, numbers and arrays of them are stored
 * (no collections, whose writes nobody sees), and only code of this package makes or writes them.
 */
package unicard.manager.state;
