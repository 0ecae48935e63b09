"""The command line: one thin command per verb, exit codes, messages on standard error, results on standard output.

Exit codes: 0 done; 1 no plan exists or a check failed; 2 bad input or usage; 3 stopped without a plan.
"""

from __future__ import annotations

import signal

import typer

from optimizer.cli import (
    alternatives,
    benchmark,
    calendar,
    compare,
    cuts,
    evaluate,
    explain,
    export,
    flip,
    frontier,
    generate,
    measures,
    new,
    plot,
    prove,
    report,
    roll,
    sample,
    schema,
    sensitivity,
    shortfall,
    solve,
    stock,
    stress,
    study,
    unmarked,
    validate,
    value,
    verdicts,
    verify,
    viability,
    waivers,
    why,
    workbook,
)
from optimizer.cli.examples import with_examples
from optimizer.cli.output import guarded
from optimizer.run import versions

app = typer.Typer(
    name="optimizer",
    help="Plan trusted supply networks: which facilities to fund, at what size, when, with what stockpile.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("new")(guarded(new.new))
app.command("validate")(guarded(validate.validate))
app.command("solve")(guarded(solve.solve))
app.command("verify")(guarded(verify.verify))
app.command("prove")(guarded(prove.prove))
app.command("sensitivity")(guarded(sensitivity.sensitivity))
app.command("evaluate")(guarded(evaluate.evaluate))
app.command("explain")(guarded(explain.explain))
app.command("roll")(guarded(roll.roll))
app.command("sample")(guarded(sample.sample))
app.command("compare")(guarded(compare.compare))
app.command("shortfall")(guarded(shortfall.shortfall))
app.command("viability")(guarded(viability.viability))
app.command("measures")(guarded(measures.measures))
app.command("stress")(guarded(stress.stress))
app.command("stock")(guarded(stock.stock))
app.command("value")(guarded(value.value))
app.command("cuts")(guarded(cuts.cuts))
app.command("calendar")(guarded(calendar.calendar))
app.command("alternatives")(guarded(alternatives.alternatives))
app.command("why")(guarded(why.why))
app.command("frontier")(guarded(frontier.frontier))
app.command("waivers")(guarded(waivers.waivers))
app.command("verdicts")(guarded(verdicts.verdicts))
app.command("flip")(guarded(flip.flip))
app.command("report")(guarded(report.report))
app.command("plot")(guarded(plot.plot))
app.command("workbook")(guarded(workbook.workbook))
app.command("study")(guarded(study.study))
app.command("export")(guarded(export.export))
app.command("unmarked")(guarded(unmarked.unmarked))
app.command("generate")(guarded(generate.generate))
app.command("benchmark")(guarded(benchmark.benchmark))
app.command("schema")(guarded(schema.schema))
with_examples(app.registered_commands)


@app.callback(invoke_without_command=True)
def _root(version: bool = typer.Option(False, "--version", help="Print the version and end.")) -> None:
    if version:
        typer.echo(versions()["trusted-supply-optimizer"])
        raise typer.Exit


def main() -> None:
    """Run the command line; who asks it to end by SIGTERM, as schedulers do, is heard as Ctrl-C is."""
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    app()
