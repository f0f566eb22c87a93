package unicard.gate;

import java.util.List;
import java.util.Set;
import org.objectweb.asm.Handle;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;
import org.objectweb.asm.tree.AbstractInsnNode;
import org.objectweb.asm.tree.FieldInsnNode;
import org.objectweb.asm.tree.IntInsnNode;
import org.objectweb.asm.tree.LdcInsnNode;
import org.objectweb.asm.tree.LineNumberNode;
import org.objectweb.asm.tree.LookupSwitchInsnNode;
import org.objectweb.asm.tree.MethodInsnNode;
import org.objectweb.asm.tree.MethodNode;
import org.objectweb.asm.tree.MultiANewArrayInsnNode;
import org.objectweb.asm.tree.TableSwitchInsnNode;
import org.objectweb.asm.tree.TryCatchBlockNode;
import org.objectweb.asm.tree.TypeInsnNode;
import org.objectweb.asm.tree.analysis.Analyzer;
import org.objectweb.asm.tree.analysis.AnalyzerException;

/** Judges the instructions of one method. */
final class CodeRules {
    private static final int LARGEST_ARRAY = Short.MAX_VALUE;

    private final Names names;
    private final Types types;
    private final Findings findings;

    CodeRules(Names names, Types types, Findings findings) {
        this.names = names;
        this.types = types;
        this.findings = findings;
    }

    /** @param atInstall whether the method runs at install only */
    void judge(Findings.Place place, MethodNode method, boolean atInstall) {
        Set<AbstractInsnNode> sensitive = sensitive(place, method);
        Findings.Place here = place;
        for (AbstractInsnNode insn : method.instructions) {
            if (insn instanceof LineNumberNode line) {
                here = place.at(line.line);
            }
            if (sensitive.contains(insn)) {
                findings.add(here, ruleOf(insn), "a result that may not fit 16 bits is used uncast");
            }
            instruction(here, insn);
            if (!atInstall) {
                Allocations.judge(here, insn, findings);
            }
        }
        for (TryCatchBlockNode block : method.tryCatchBlocks) {
            if (block.type != null) {
                names.type(place, block.type);
            }
        }
    }

    /** Keeping a result in a variable uncast makes the variable an int. */
    private static Rule ruleOf(AbstractInsnNode insn) {
        return insn.getOpcode() == Opcodes.ISTORE ? Rule.INT : Rule.INTERMEDIATE;
    }

    private Set<AbstractInsnNode> sensitive(Findings.Place place, MethodNode method) {
        ShortArithmetic arithmetic = new ShortArithmetic(new Variables(method));
        try {
            new Analyzer<>(arithmetic).analyze(place.className().replace('.', '/'), method);
        } catch (AnalyzerException e) {
            findings.add(place, Rule.CLASS_FILE, "this code cannot be verified");
            return Set.of();
        }
        return arithmetic.sensitive();
    }

    private void instruction(Findings.Place here, AbstractInsnNode insn) {
        Rule rule = Opcode.rule(insn.getOpcode());
        if (rule != null) {
            String what = insn.getOpcode() == Opcodes.IINC ? "an int counts here" : "its bytecode stands here";
            findings.add(here, rule, what);
        }
        if (insn instanceof FieldInsnNode field) {
            names.member(here, field.owner, field.name, field.desc);
        } else if (insn instanceof MethodInsnNode call) {
            names.member(here, call.owner, call.name, call.desc);
        } else if (insn instanceof TypeInsnNode named) {
            typed(here, named);
        } else if (insn instanceof MultiANewArrayInsnNode array) {
            types.one(here, Type.getType(array.desc), "an array made here");
        } else if (insn instanceof IntInsnNode array && insn.getOpcode() == Opcodes.NEWARRAY) {
            primitiveArray(here, array.operand);
        } else if (insn instanceof LdcInsnNode load) {
            constant(here, load);
        } else if (insn instanceof LookupSwitchInsnNode choice) {
            keys(here, choice.keys);
        } else if (insn instanceof TableSwitchInsnNode choice) {
            keys(here, List.of(choice.min, choice.max));
        }
    }

    private void typed(Findings.Place here, TypeInsnNode insn) {
        Type named = Type.getObjectType(insn.desc);
        if (insn.getOpcode() == Opcodes.ANEWARRAY) {
            types.one(here, Type.getType("[" + named.getDescriptor()), "an array made here");
        } else {
            types.one(here, named, insn.getOpcode() == Opcodes.NEW ? "an object made here" : "a cast or test");
        }
    }

    private void primitiveArray(Findings.Place here, int elements) {
        Rule rule = Opcode.ofArray(elements);
        if (rule != null) {
            findings.add(here, rule, "an array of it is made here");
        }
    }

    private void constant(Findings.Place here, LdcInsnNode load) {
        if (load.cst instanceof Integer number) {
            integer(here, load, number);
        } else if (load.cst instanceof Long) {
            findings.add(here, Rule.LONG, "a constant is long");
        } else if (load.cst instanceof Float) {
            findings.add(here, Rule.FLOAT, "a constant is float");
        } else if (load.cst instanceof Double) {
            findings.add(here, Rule.DOUBLE, "a constant is double");
        } else if (load.cst instanceof String) {
            findings.add(here, Rule.STRING, "a constant is a String");
        } else if (load.cst instanceof Type type && type.getSort() != Type.METHOD) {
            findings.add(here, Rule.REFLECTION, "a class literal stands here");
        } else if (load.cst instanceof Handle || load.cst instanceof Type) {
            findings.add(here, Rule.LAMBDA, "a method handle or type stands here");
        }
    }

    private void integer(Findings.Place here, LdcInsnNode load, int number) {
        if (number >= Short.MIN_VALUE && number <= Short.MAX_VALUE) {
            return;
        }
        AbstractInsnNode next = load.getNext();
        boolean length =
                next != null
                        && (next.getOpcode() == Opcodes.NEWARRAY || next.getOpcode() == Opcodes.ANEWARRAY);
        if (length && number > LARGEST_ARRAY) {
            findings.add(here, Rule.LIMIT_ARRAY, "an array of " + number + " components is made here");
        } else {
            findings.add(here, Rule.INT, "the constant " + number + " does not fit a short");
        }
    }

    private void keys(Findings.Place here, List<Integer> keys) {
        for (int key : keys) {
            if (key < Short.MIN_VALUE || key > Short.MAX_VALUE) {
                findings.add(here, Rule.SWITCH_KEY, "the case " + key + " does not fit a short");
                return;
            }
        }
    }
}
