package unicard.gate;

/**
 * One place where a class breaks a rule.
 *
 * @param className with dots
 * @param member method or field with its descriptor, or empty where the class itself is meant
 * @param line in the source, or 0 where the class file does not tell
 * @param rule the rule broken
 * @param what what stands there
 */
public record Finding(String className, String member, int line, Rule rule, String what) {
    /** What is wrong and what to do instead, in one sentence. */
    public String sentence() {
        return what + ": " + rule.wanted() + "; " + rule.instead() + ".";
    }

    @Override
    public String toString() {
        String place = member.isEmpty() ? className : className + "." + member;
        return place + (line > 0 ? " line " + line : "") + " [" + rule.id() + "] " + sentence();
    }
}
