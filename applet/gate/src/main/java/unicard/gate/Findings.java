package unicard.gate;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Collects findings, each once. */
final class Findings {
    private final Set<Finding> found = new LinkedHashSet<>();

    void add(Place place, Rule rule, String what) {
        found.add(new Finding(place.className(), place.member(), place.line(), rule, what));
    }

    List<Finding> list() {
        return new ArrayList<>(found);
    }

    /** Where something stands. */
    record Place(String className, String member, int line) {
        static Place of(ClassFile file) {
            return new Place(file.dotted(), "", 0);
        }

        static Place of(ClassFile file, String member) {
            return new Place(file.dotted(), member, 0);
        }

        Place at(int otherLine) {
            return new Place(className, member, otherLine);
        }
    }
}
