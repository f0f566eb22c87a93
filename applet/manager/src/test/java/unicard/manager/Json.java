package unicard.manager;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads the files of test vectors: objects, lists, strings without escapes, whole numbers. */
final class Json {
    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** The {@code vectors} of a file of tests/vectors. */
    @SuppressWarnings("unchecked")
    static List<Map<String, Object>> vectors(String file) throws IOException {
        Path path = Path.of("..", "..", "tests", "vectors", file);
        Map<String, Object> all = (Map<String, Object>) new Json(Files.readString(path)).value();
        return (List<Map<String, Object>>) all.get("vectors");
    }

    private char next() {
        while (Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return text.charAt(at);
    }

    private Object value() {
        return switch (next()) {
            case '{' -> object();
            case '[' -> list();
            case '"' -> string();
            default -> number();
        };
    }

    private Map<String, Object> object() {
        Map<String, Object> members = new LinkedHashMap<>();
        at++;
        while (next() != '}') {
            String name = string();
            expect(':');
            members.put(name, value());
            if (next() == ',') {
                at++;
            }
        }
        at++;
        return members;
    }

    private List<Object> list() {
        List<Object> members = new ArrayList<>();
        at++;
        while (next() != ']') {
            members.add(value());
            if (next() == ',') {
                at++;
            }
        }
        at++;
        return members;
    }

    private String string() {
        expect('"');
        int end = text.indexOf('"', at);
        String found = text.substring(at, end);
        if (found.indexOf('\\') >= 0) {
            throw new IllegalArgumentException("an escape: " + found);
        }
        at = end + 1;
        return found;
    }

    private Long number() {
        int from = at;
        while (Character.isDigit(text.charAt(at))) {
            at++;
        }
        return Long.valueOf(text.substring(from, at));
    }

    private void expect(char mark) {
        if (next() != mark) {
            throw new IllegalArgumentException("no " + mark + " at " + at);
        }
        at++;
    }
}
