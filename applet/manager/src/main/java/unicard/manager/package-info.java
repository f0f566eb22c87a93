/**
 * The issuer security domain: a GlobalPlatform card manager that speaks SCP03.
 *
 * <p>{@link unicard.manager.CardManager} takes each command through the contract's order of checks
 * and hands it to the {@link unicard.manager.Handler} of its instruction. Everything here keeps only
 * what a reset may forget; what the card remembers is in {@link unicard.manager.state}.
 *
 * <p>Standards: GlobalPlatform Card 2.3.1 with Amendment D 1.1.2. {@link unicard.manager.Contract}
 * is written from the contract.
 */
package unicard.manager;
