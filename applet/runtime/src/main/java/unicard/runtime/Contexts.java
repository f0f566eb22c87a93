package unicard.runtime;

/** Whose code runs, and who is selected, as packages: applets of one package share a context. */
interface Contexts {
    /** Nobody's. */
    Contexts NONE =
            new Contexts() {
                @Override
                public String activePackage() {
                    return "";
                }

                @Override
                public String selectedPackage() {
                    return "";
                }
            };

    String activePackage();

    String selectedPackage();
}
