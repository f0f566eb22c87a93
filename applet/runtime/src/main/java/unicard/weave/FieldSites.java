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

    private static final Map<Site, Integer> NUMBERS = new HashMap<>();
    private static final List<Site> SITES = new ArrayList<>();

    private FieldSites() {}

    static synchronized int number(String owner, String name) {
        return NUMBERS.computeIfAbsent(
                new Site(owner.replace('/', '.'), name),
                site -> {
                    SITES.add(site);
                    return SITES.size() - 1;
                });
    }

    /** The field that has a number. */
    public static synchronized Site at(int number) {
        return SITES.get(number);
    }
}
