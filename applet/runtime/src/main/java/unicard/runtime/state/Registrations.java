package unicard.runtime.state;

import java.util.Arrays;
import javacard.framework.Applet;

/** The applications of a card, in the order of their installation. */
public final class Registrations {
    private Registration first;

    /** The first; null where there is none. */
    public Registration first() {
        return first;
    }

    /** The one of this AID; null where there is none. */
    public Registration named(byte[] aid) {
        Registration each = first;
        while (each != null && !Arrays.equals(each.aid(), aid)) {
            each = each.next();
        }
        return each;
    }

    /** Adds one at the end: what it is made of first, and last the reference to it. */
    public void add(byte[] aid, Applet applet) {
        Registration added = new Registration(aid, applet);
        if (first == null) {
            first = added;
            return;
        }
        Registration last = first;
        while (last.next() != null) {
            last = last.next();
        }
        last.follow(added);
    }

    /** Takes one out, by one write. */
    public void remove(Registration gone) {
        if (first == gone) {
            first = gone.next();
            return;
        }
        Registration before = first;
        while (before.next() != gone) {
            before = before.next();
        }
        before.follow(gone.next());
    }
}
