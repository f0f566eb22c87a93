/**
 * GlobalPlatform's services for applets, as the GlobalPlatform Card API 1.6 names them, so far as an
 * application without privileges needs them. Class files that were compiled against the published
 * export files run against these.
 *
 * <p>What stands behind them on this card is bound by {@link
 * unicard.platform.GlobalPlatformBinding}.
 */
package org.globalplatform;
