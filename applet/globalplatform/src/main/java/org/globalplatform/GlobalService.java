package org.globalplatform;

import javacard.framework.ISOException;
import javacard.framework.Shareable;

/**
 * A service that an application with the privilege Global Service offers to others. No application
 * of this card has the privilege: {@link GPSystem#getService} answers null.
 */
public interface GlobalService extends Shareable {
    /**
     * Answers the object behind a service.
     *
     * @param clientRegistryEntry who asks
     * @param sServiceName family and number
     * @param baBuffer further parameters, from sOffset, sLength bytes
     * @return null, or an exception, where the service is refused
     */
    Shareable getServiceInterface(
            GPRegistryEntry clientRegistryEntry,
            short sServiceName,
            byte[] baBuffer,
            short sOffset,
            short sLength)
            throws ISOException;
}
