package unicard.weave;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/**
 * Runs each test method in a card's class loader of its own, where it may touch {@code javacard} and
 * {@code unicard.runtime} directly. The test class must be of package {@code unicard.runtime}; it is
 * defined anew in that loader, and only there it is constructed.
 */
public final class InWorld implements InvocationInterceptor {
    @Override
    @SuppressWarnings("unchecked") // JUnit only hands the instance back to the methods below
    public <T> T interceptTestClassConstructor(
            Invocation<T> invocation,
            ReflectiveInvocationContext<Constructor<T>> context,
            ExtensionContext test)
            throws Throwable {
        invocation.skip();
        Class<?> inside = new World(List.of()).loadClass(context.getTargetClass().getName());
        Constructor<?> constructor = inside.getDeclaredConstructor();
        constructor.setAccessible(true);
        try {
            return (T) constructor.newInstance();
        } catch (InvocationTargetException failure) {
            throw failure.getCause();
        }
    }

    @Override
    public void interceptTestMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> context, ExtensionContext test)
            throws Throwable {
        run(invocation, context);
    }

    @Override
    public void interceptTestTemplateMethod(
            Invocation<Void> invocation, ReflectiveInvocationContext<Method> context, ExtensionContext test)
            throws Throwable {
        run(invocation, context);
    }

    private static void run(Invocation<Void> invocation, ReflectiveInvocationContext<Method> context)
            throws Throwable {
        invocation.skip();
        Object instance = context.getTarget().orElseThrow();
        Method outside = context.getExecutable();
        Method inside =
                instance.getClass().getDeclaredMethod(outside.getName(), outside.getParameterTypes());
        inside.setAccessible(true);
        try {
            inside.invoke(instance, context.getArguments().toArray());
        } catch (InvocationTargetException failure) {
            throw failure.getCause();
        }
    }
}
