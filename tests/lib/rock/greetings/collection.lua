return {
	name = "greetings",
	version = "0.1",
	summary = "a sample: who starts and who ends",
	luatrace = ">= 0.1",
}
