"""The searches that DEAP's users run, over seeds: prints one number per seed, 0 to RUNS - 1.

deap_oracle.py onemax RUNS   mean fitness of the last population of algorithms.eaSimple: 100 bits, 50 individuals, 20 generations, tournament of 3, one-point crossover 0.8,
                             bit flips of rate 1/100 on every child.
deap_oracle.py zdt1 RUNS     hypervolume of the last population to (11, 11) of NSGA-II as in DEAP's examples: 10 variables, 40 individuals, 30 generations, SBX 0.9 with eta 20,
                             polynomial mutation with eta 20 and rate 1/10.
"""
import random
import sys

from deap import algorithms, base, creator, tools
from deap.benchmarks import zdt1
from deap.benchmarks.tools import hypervolume

creator.create("Maximised", base.Fitness, weights=(1.0,))
creator.create("Minimised", base.Fitness, weights=(-1.0, -1.0))
creator.create("Bits", list, fitness=creator.Maximised)
creator.create("Reals", list, fitness=creator.Minimised)


def onemax():
    toolbox = base.Toolbox()
    toolbox.register("individual", tools.initRepeat, creator.Bits, lambda: random.randint(0, 1), 100)
    toolbox.register("evaluate", lambda bits: (sum(bits),))
    toolbox.register("mate", tools.cxOnePoint)
    toolbox.register("mutate", tools.mutFlipBit, indpb=1 / 100)
    toolbox.register("select", tools.selTournament, tournsize=3)
    population = tools.initRepeat(list, toolbox.individual, 50)
    population, _ = algorithms.eaSimple(population, toolbox, cxpb=0.8, mutpb=1.0, ngen=20, verbose=False)
    return sum(individual.fitness.values[0] for individual in population) / len(population)


def evaluate(individuals):
    for individual in individuals:
        individual.fitness.values = zdt1(individual)


def breed(population):
    children = [creator.Reals(parent) for parent in tools.selTournamentDCD(population, len(population))]
    for first, second in zip(children[::2], children[1::2]):
        if random.random() <= 0.9:
            tools.cxSimulatedBinaryBounded(first, second, eta=20.0, low=0.0, up=1.0)
        for child in (first, second):
            tools.mutPolynomialBounded(child, eta=20.0, low=0.0, up=1.0, indpb=1 / 10)
    return children


def nsga2():
    population = [creator.Reals([random.random() for _ in range(10)]) for _ in range(40)]
    evaluate(population)
    population = tools.selNSGA2(population, len(population))  # for the crowding distances
    for _ in range(30):
        children = breed(population)
        evaluate(children)
        population = tools.selNSGA2(population + children, len(population))
    return hypervolume(population, [11.0, 11.0])


def main(problem, runs):
    search = {"onemax": onemax, "zdt1": nsga2}[problem]
    for seed in range(int(runs)):
        random.seed(seed)
        print(repr(float(search())))


if __name__ == "__main__":
    main(*sys.argv[1:])
