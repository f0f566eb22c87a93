package unicard.runtime;

import javacard.framework.CardException;
import javacard.framework.CardRuntimeException;

/** Says in words what an applet threw, or why it cannot be loaded. */
final class Failures {
    private Failures() {}

    static String describe(Throwable failure) {
        if (failure == null) {
            return "the card refuses it";
        }
        if (failure instanceof ClassNotFoundException) {
            return "there is no such class on the class path";
        }
        if (failure instanceof NoSuchMethodException || failure instanceof IllegalStateException) {
            return failure.getMessage();
        }
        if (failure instanceof ExceptionInInitializerError && failure.getCause() != null) {
            return "a static initialiser throws " + named(failure.getCause());
        }
        if (failure instanceof NoClassDefFoundError) {
            return "a class that it needs cannot be loaded: " + failure.getMessage();
        }
        if (failure instanceof LinkageError) {
            return "the class is not valid: " + named(failure);
        }
        return "it throws " + named(failure);
    }

    private static String named(Throwable failure) {
        String name = failure.getClass().getName();
        if (failure instanceof CardRuntimeException card) {
            return name + " with reason " + card.getReason();
        }
        if (failure instanceof CardException card) {
            return name + " with reason " + card.getReason();
        }
        return failure.getMessage() == null ? name : name + ": " + failure.getMessage();
    }
}
