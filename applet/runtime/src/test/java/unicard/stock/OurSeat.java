package unicard.stock;

import java.util.HexFormat;
import unicard.card.CardOptions;
import unicard.card.JavaCard;

/** A card of this runtime. */
final class OurSeat extends Seat {
    private final JavaCard card = JavaCard.insert(CardOptions.PLAIN);

    OurSeat() {
        install(SCRIBE, "Scribe");
        install(KEEPER, "Keeper");
        install(BYSTANDER, "Bystander");
        install(SEALER, "Sealer");
    }

    private void install(String aid, String applet) {
        card.install(PACKAGE + applet, HexFormat.of().parseHex(aid), new byte[0]);
    }

    @Override
    byte[] transmit(byte[] command) {
        return card.transmit(command);
    }

    @Override
    void reset() {
        card.reset();
    }

    @Override
    Seat another() {
        return new OurSeat();
    }
}
