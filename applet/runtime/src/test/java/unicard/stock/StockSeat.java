package unicard.stock;

import com.licel.jcardsim.base.Simulator;
import com.licel.jcardsim.utils.AIDUtil;
import java.util.HexFormat;
import javacard.framework.Applet;
import probes.rules.Bystander;
import probes.rules.Keeper;
import probes.rules.Scribe;
import probes.rules.Sealer;

/** jCardSim as it comes, its classes and the applets on the ordinary class path. */
final class StockSeat extends Seat {
    private final Simulator simulator = new Simulator();

    StockSeat() {
        install(SCRIBE, Scribe.class);
        install(KEEPER, Keeper.class);
        install(BYSTANDER, Bystander.class);
        install(SEALER, Sealer.class);
    }

    private void install(String aid, Class<? extends Applet> applet) {
        byte[] data = HexFormat.of().parseHex(String.format("%02X%s0000", aid.length() / 2, aid));
        simulator.installApplet(AIDUtil.create(aid), applet, data, (short) 0, (byte) data.length);
    }

    @Override
    byte[] transmit(byte[] command) {
        return simulator.transmitCommand(command);
    }

    @Override
    void reset() {
        simulator.reset();
    }

    @Override
    Seat another() {
        return new StockSeat();
    }
}
