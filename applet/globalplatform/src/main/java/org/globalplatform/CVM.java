package org.globalplatform;

import javacard.framework.Shareable;

/**
 * A cardholder verification method that applications share. This card has none: {@link
 * GPSystem#getCVM} answers null.
 */
public interface CVM extends Shareable {
    /** The value is right. */
    short CVM_SUCCESS = 0;

    /** The value is wrong. */
    short CVM_FAILURE = -1;

    /** A value of ASCII characters. */
    byte FORMAT_ASCII = (byte) 0x01;

    /** A value of decimal digits, two a byte, left justified, F behind an odd number of them. */
    byte FORMAT_BCD = (byte) 0x02;

    /** A value of any bytes. */
    byte FORMAT_HEX = (byte) 0x03;

    /** Whether a value and a limit of tries are set. */
    boolean isActive();

    /** Whether a value was presented, right or wrong. */
    boolean isSubmitted();

    /** Whether the right value was presented. */
    boolean isVerified();

    /** Whether no try is left. */
    boolean isBlocked();

    /** Tries left. */
    byte getTriesRemaining();

    /**
     * Changes the value; needs CVM Management.
     *
     * @param bLength bytes of value
     * @param bFormat one of the formats
     * @return whether it was changed
     */
    boolean update(byte[] baBuffer, short sOffset, byte bLength, byte bFormat);

    /** Forgets that a value was presented; does not unblock. */
    boolean resetState();

    /** Blocks; needs CVM Management. */
    boolean blockState();

    /** Unblocks and gives the tries back; needs CVM Management. */
    boolean resetAndUnblockState();

    /** Sets the limit of tries; needs CVM Management. */
    boolean setTryLimit(byte bTryLimit);

    /**
     * Compares a value, which costs a try where it is wrong, whatever becomes of a transaction.
     *
     * @return {@link #CVM_SUCCESS} or {@link #CVM_FAILURE}
     */
    short verify(byte[] baBuffer, short sOffset, byte bLength, byte bFormat);
}
