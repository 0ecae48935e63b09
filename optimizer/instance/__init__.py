"""What a person wrote: records, files, checks between records."""
