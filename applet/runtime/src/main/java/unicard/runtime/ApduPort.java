package unicard.runtime;

/** The side of an APDU object that the runtime environment uses, not the applet. */
public interface ApduPort {
    /** @param protocol what getProtocol answers from now on */
    void speak(byte protocol);

    /**
     * Shows a command to the applet; its data comes into the buffer when the applet receives it.
     *
     * @param header what the buffer begins with: class to P3, or to the extended length
     * @param data data field, empty where there is none
     * @param expected what setOutgoing answers
     */
    void open(byte[] header, byte[] data, short expected);

    /** The applet has returned: the object is nobody's, the buffer is zero (JCRE 3.0.5, 6.2.2). */
    void close();
}
