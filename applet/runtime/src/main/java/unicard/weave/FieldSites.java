package unicard.weave;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Numbers for the fields that woven code writes; the same in all cards of a JVM. */
public final class FieldSites {
    /**
     * @param owner class that the writing code names, with dots; a superclass may declare the field
     */
    public record Site(String owner, String name) {}

    /** By owner and name in one string: before a record has a hash, Java makes a dozen classes for it. */
    private static final Map<String, Integer> NUMBERS = new HashMap<>();
    private static final List<Site> SITES = new ArrayList<>();

    private FieldSites() {}

    static synchronized int number(String owner, String name) {
        return NUMBERS.computeIfAbsent(
                owner + ' ' + name,
                both -> {
                    SITES.add(new Site(owner.replace('/', '.'), name));
                    return SITES.size() - 1;
                });
    }

    /** The field that has a number. */
    public static synchronized Site at(int number) {
        return SITES.get(number);
    }
}
