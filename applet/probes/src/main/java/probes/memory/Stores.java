package probes.memory;

import javacard.framework.JCSystem;

/** Stores as fast as it can, for measuring. */
public class Stores {
    public static final short PER_ROUND = 3000;

    private byte[] bytes = new byte[100];
    private short[] shorts = new short[100];
    private byte[] fleeting = JCSystem.makeTransientByteArray((short) 100, JCSystem.CLEAR_ON_RESET);
    private short field;

    public void run(short rounds) {
        for (short round = 0; round < rounds; round++) {
            for (short i = 0; i < 1000; i++) {
                bytes[(short) (i % 100)] = (byte) i;
                shorts[(short) (i % 100)] = i;
                field = i;
            }
        }
    }

    public void runVolatile(short rounds) {
        for (short round = 0; round < rounds; round++) {
            for (short i = 0; i < PER_ROUND; i++) {
                fleeting[(short) (i % 100)] = (byte) i;
            }
        }
    }
}
