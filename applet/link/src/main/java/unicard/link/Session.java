package unicard.link;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.StringJoiner;
import java.util.function.Function;
import unicard.card.CardCore;
import unicard.card.CardHungException;
import unicard.card.CardOptions;
import unicard.card.InstallException;
import unicard.card.Measures;
import unicard.card.PowerCutException;
import unicard.card.Wiring;

/** The frames of one client, carried out on one card. */
final class Session {
    private static final byte[] NOTHING = {};

    private final FrameSocket client;
    private final Function<CardOptions, CardCore> maker;
    private CardCore card;

    /** @param maker makes the card of a {@link Kind#NEW} */
    Session(FrameSocket client, CardCore card, Function<CardOptions, CardCore> maker) {
        this.client = client;
        this.card = card;
        this.maker = maker;
    }

    /** Serves until the client quits or is gone. A defect of the card is told to both sides. */
    void serve() throws IOException {
        while (true) {
            try {
                Frame frame = client.read();
                if (frame == null || frame.kind() == Kind.QUIT) {
                    return;
                }
                client.done(carryOut(frame));
            } catch (BadFrameException e) {
                client.trouble(Trouble.BAD_FRAME, e.getMessage());
            } catch (PowerCutException e) {
                client.trouble(Trouble.POWER_CUT, e.getMessage());
            } catch (CardHungException e) {
                client.trouble(Trouble.HUNG, e.getMessage());
            } catch (RefusedException e) {
                client.trouble(Trouble.REFUSED, e.getMessage());
            } catch (RuntimeException | Error e) {
                client.trouble(Trouble.DEFECT, e.toString());
                throw e;
            }
        }
    }

    private byte[] carryOut(Frame frame) throws BadFrameException, RefusedException {
        byte[] payload = frame.payload();
        switch (frame.kind()) {
            case TRANSMIT -> {
                return card.transmit(payload);
            }
            case WIRE -> card.wire(wiring(payload));
            case CUT -> card.cutPowerAt(writeNumber(payload));
            case NEW -> replace(payload);
            default -> {
                if (payload.length > 0) {
                    throw new BadFrameException(frame.kind() + " has no payload");
                }
                return carryOut(frame.kind());
            }
        }
        return NOTHING;
    }

    private byte[] carryOut(Kind kind) throws BadFrameException, RefusedException {
        switch (kind) {
            case RESET -> {
                return card.reset();
            }
            case POWERED -> {
                return new byte[] {(byte) (card.powered() ? 1 : 0)};
            }
            case MEASURES -> {
                return json(card.measures()).getBytes(StandardCharsets.UTF_8);
            }
            case THROWN -> {
                return printed(card.lastThrown()).getBytes(StandardCharsets.UTF_8);
            }
            case POWER_OFF -> card.powerOff();
            case KEEP -> card.keepPower();
            case CHECKPOINT -> refusable(card::checkpoint);
            case RESTORE -> refusable(card::restore);
            default -> throw new BadFrameException("no client asks for " + kind + " here");
        }
        return NOTHING;
    }

    private static String printed(Throwable thrown) {
        if (thrown == null) {
            return "";
        }
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text));
        return text.toString();
    }

    private void replace(byte[] lines) throws BadFrameException {
        CardCore next;
        try (BufferedReader reader = new BufferedReader(
                new InputStreamReader(new ByteArrayInputStream(lines), StandardCharsets.UTF_8))) {
            next = maker.apply(Settings.read(reader).card());
        } catch (IOException | IllegalArgumentException | InstallException | CardHungException e) {
            throw new BadFrameException("these settings describe no card: " + e.getMessage());
        }
        card.powerOff();
        card = next;
    }

    private static void refusable(Runnable action) throws RefusedException {
        try {
            action.run();
        } catch (IllegalStateException e) {
            throw new RefusedException(e.getMessage());
        }
    }

    private static Wiring wiring(byte[] name) throws BadFrameException {
        try {
            return CardSettings.wiring(new String(name, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            throw new BadFrameException(e.getMessage());
        }
    }

    private static long writeNumber(byte[] payload) throws BadFrameException {
        long number = payload.length == 8 ? ByteBuffer.wrap(payload).getLong() : 0;
        if (number < 1) {
            throw new BadFrameException("CUT has 8 bytes: the number of a write, from 1");
        }
        return number;
    }

    /** The record as JSON: all its components are numbers. */
    private static String json(Measures measures) {
        StringJoiner members = new StringJoiner(",", "{", "}");
        for (RecordComponent part : Measures.class.getRecordComponents()) {
            try {
                members.add("\"" + part.getName() + "\":" + part.getAccessor().invoke(measures));
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        }
        return members.toString();
    }

    private static final class RefusedException extends Exception {
        private static final long serialVersionUID = 1;

        RefusedException(String message) {
            super(message);
        }
    }
}
