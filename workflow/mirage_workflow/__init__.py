"""What only the pipeline needs: checked config, tables with provenance, the set-up of jobs."""
