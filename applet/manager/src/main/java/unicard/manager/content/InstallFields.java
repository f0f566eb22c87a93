package unicard.manager.content;

import java.util.List;
import unicard.runtime.StatusWordException;

/** Fields that the forms of INSTALL have in common. What is refused, is refused with 6A80. */
final class InstallFields {
    private static final int SYSTEM_PARAMETERS = 0xEF;
    private static final int APPLICATION_PARAMETERS = 0xC9;

    private InstallFields() {}

    /** A field that must be empty, as the token is. */
    static void nothing(Reader reader) {
        if (reader.field().length != 0) {
            throw Refused.malformed();
        }
    }

    /** Privileges: none, or 1 or 3 bytes that grant none (INS-09). */
    static byte[] privileges(Reader reader) {
        byte[] privileges = reader.field();
        if (privileges.length == 2 || privileges.length > 3) {
            throw Refused.malformed();
        }
        for (byte each : privileges) {
            if (each != 0) {
                throw Refused.malformed();
            }
        }
        return privileges;
    }

    /** Parameters without those of an application: an EF template, which is passed over, or nothing. */
    static void parameters(byte[] field) {
        if (read(field) != null) {
            throw Refused.malformed();
        }
    }

    /**
     * The value of C9, beside which an EF template may stand (INS-10).
     *
     * @throws StatusWordException 6A80 also where it is missing
     */
    static byte[] applicationParameters(byte[] field) {
        byte[] value = read(field);
        if (value == null) {
            throw Refused.malformed();
        }
        return value;
    }

    /** The value of C9; null where there is none. */
    private static byte[] read(byte[] field) {
        List<Tlv> objects = Tlv.readAll(field);
        byte[] value = null;
        for (Tlv each : objects) {
            long alike = objects.stream().filter(other -> other.tag() == each.tag()).count();
            boolean known = each.tag() == APPLICATION_PARAMETERS || each.tag() == SYSTEM_PARAMETERS;
            if (!known || alike > 1) {
                throw Refused.malformed();
            }
            value = each.tag() == APPLICATION_PARAMETERS ? each.value() : value;
        }
        return value;
    }
}
