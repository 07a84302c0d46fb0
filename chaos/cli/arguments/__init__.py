"""What is named on the command line, read: experiments, kept runs, amounts, exports."""
