package unicard.gate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The list of what applets may name. */
class ApiTest {
    @Test
    void the_list_is_the_api_in_the_simulators_jar_less_its_additions() throws Exception {
        try (InputStream in = Api.class.getResourceAsStream("javacard-3.0.5.txt")) {
            assertEquals(ApiListing.text(), new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void members_are_found_where_they_are_inherited() {
        assertTrue(Api.listed().has("javacard/security/AESKey", "isInitialized ()Z"));
        assertTrue(Api.listed().has("javacard/framework/ISOException", "getReason ()S"));
        assertTrue(Api.listed().has("javacard/framework/Util", "arrayFill ([BSSB)S"));
        assertFalse(Api.listed().has("javacard/framework/Util", "arrayFill ([BSSS)S"));
    }

    @Test
    void what_is_optional_or_unknown_is_not_of_the_core() {
        assertNotNull(Api.listed().type("javacardx/framework/tlv/BERTLV"));
        assertFalse(Api.CORE.contains("javacardx/framework/tlv"));
        assertNull(Api.listed().type("javacardx/framework/util/intx/JCint"));
        assertNull(Api.listed().type("javacard/framework/APDUComm"));
        assertNull(Api.listed().type("org/globalplatform/Nothing"));
    }
}
