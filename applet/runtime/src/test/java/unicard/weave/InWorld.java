package unicard.weave;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.List;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.InvocationInterceptor;
import org.junit.jupiter.api.extension.ReflectiveInvocationContext;

/**
 * Runs each test method in a card's class loader of its own, where it may touch {@code javacard} and
 * {@code unicard.runtime} directly. The test class must be of package {@code unicard.runtime}.
 */
public final class InWorld implements InvocationInterceptor {
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
        Method outside = context.getExecutable();
        try (World world = new World(List.of())) {
            Class<?> inside = world.loadClass(context.getTargetClass().getName());
            var constructor = inside.getDeclaredConstructor();
            constructor.setAccessible(true);
            Method method = inside.getDeclaredMethod(outside.getName(), outside.getParameterTypes());
            method.setAccessible(true);
            method.invoke(constructor.newInstance(), context.getArguments().toArray());
        } catch (InvocationTargetException failure) {
            throw failure.getCause();
        }
    }
}
