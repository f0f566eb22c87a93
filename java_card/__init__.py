"""The Java card: applets on the card runtime of ``applet/``, in a process of its own.

The reader kind ``java`` starts a JVM with a fresh blank card and reaches it over a loopback socket;
``serve`` puts one into vpcd. It may import ``applet_spec`` and, of ``host_lib``, the reader types.
"""
