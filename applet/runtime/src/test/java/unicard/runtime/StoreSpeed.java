package unicard.runtime;

import java.util.List;
import java.util.function.Consumer;
import probes.memory.Stores;
import unicard.weave.World;

/** Measures stores a second, woven and as compiled: run {@code main} on the test class path. */
public final class StoreSpeed {
    private static final short ROUNDS = 10_000;

    private StoreSpeed() {}

    /** Prints figures on standard output. */
    public static void main(String[] arguments) throws ReflectiveOperationException {
        double plain = measure(new Stores()::run);
        System.out.printf("as compiled             %6.1f million stores a second%n", plain);
        Class<?> inside = new World(List.of()).loadClass(StoreSpeed.class.getName());
        inside.getMethod("woven", double.class).invoke(null, plain);
    }

    /** What runs in a card's own world. */
    public static void woven(double plain) {
        PersistentMemory memory = new PersistentMemory(512, 65536, false);
        Rig.card(memory);
        Hooks.use(memory, Long.MAX_VALUE);
        Stores stores = new Stores();
        print("woven, persistent      ", plain, measure(stores::run));
        print("woven, volatile        ", plain, measure(stores::runVolatile));
        memory.checkpoint();
        print("woven, with checkpoint ", plain, measure(stores::run));
    }

    private static void print(String what, double plain, double speed) {
        System.out.printf("%s %6.1f million stores a second, 1/%.1f%n", what, speed, plain / speed);
    }

    private static double measure(Consumer<Short> stores) {
        double best = 0;
        for (int i = 0; i < 5; i++) {
            long start = System.nanoTime();
            stores.accept(ROUNDS);
            best = Math.max(best, 1e3 * ROUNDS * Stores.PER_ROUND / (System.nanoTime() - start));
        }
        return best;
    }
}
