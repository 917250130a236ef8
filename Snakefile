module mirage:
    snakefile:
        "workflow/Snakefile"


use rule * from mirage


onstart:
    mirage.start()
