package unicard.gate;

import org.objectweb.asm.Type;

/** Judges the types of fields, parameters, results, variables and arrays. */
final class Types {
    private final Names names;
    private final Findings findings;

    Types(Names names, Findings findings) {
        this.names = names;
        this.findings = findings;
    }

    void method(Findings.Place place, String descriptor) {
        one(place, Type.getReturnType(descriptor), "the result");
        for (Type argument : Type.getArgumentTypes(descriptor)) {
            one(place, argument, "a parameter");
        }
    }

    void one(Findings.Place place, Type type, String role) {
        Type element = type;
        if (type.getSort() == Type.ARRAY) {
            element = type.getElementType();
            if (type.getDimensions() > 1) {
                findings.add(place, Rule.MULTI_ARRAY, role + " has " + type.getDimensions() + " dimensions");
            }
        }
        Rule rule = forbidden(element);
        if (rule != null) {
            findings.add(place, rule, role + " is " + type.getClassName());
        } else if (element.getSort() == Type.OBJECT) {
            names.type(place, element.getInternalName());
        }
    }

    /** The rule that a primitive type breaks, or null. */
    static Rule forbidden(Type type) {
        return switch (type.getSort()) {
            case Type.LONG -> Rule.LONG;
            case Type.FLOAT -> Rule.FLOAT;
            case Type.DOUBLE -> Rule.DOUBLE;
            case Type.CHAR -> Rule.CHAR;
            case Type.INT -> Rule.INT;
            default -> null;
        };
    }
}
