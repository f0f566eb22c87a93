package unicard.manager.content;

import unicard.manager.Contract.Sw;
import unicard.runtime.StatusWordException;

/** Refusals, by what they say. */
final class Refused {
    private Refused() {}

    /** 6A80. */
    static StatusWordException malformed() {
        return new StatusWordException(Sw.INCORRECT_DATA);
    }

    /** 6985. */
    static StatusWordException conditions() {
        return new StatusWordException(Sw.CONDITIONS_OF_USE_NOT_SATISFIED);
    }

    /** 6A88. */
    static StatusWordException notThere() {
        return new StatusWordException(Sw.REFERENCED_DATA_NOT_FOUND);
    }

    /** 6A84. */
    static StatusWordException noRoom() {
        return new StatusWordException(Sw.NOT_ENOUGH_MEMORY);
    }

    /** 6A86. */
    static StatusWordException wrongParameters() {
        return new StatusWordException(Sw.INCORRECT_P1_P2);
    }
}
