"""The adjectives, common ones first: English; French masculine, feminine and the form before a vowel; kinds.

Each English adjective has one French form and one place, before or after the noun, whatever the
noun; where French would choose by noun (*a tall man*, *a big dog*), the kinds leave the noun out.
``predicate`` adjectives only follow *is*, ``attributive`` ones never do; ``cause`` is a reason to stay at home,
``mood`` comes and goes.
"""

EASY = """
[before]
small | petit | basic animal clothing vehicle building furniture place gadget
old | vieux vieille vieil | man woman friend job animal clothing vehicle building furniture tree
big | grand | vehicle building furniture tree place part
new | nouveau nouvelle nouvel | clothing vehicle building job | attributive
beautiful | beau belle bel | animal clothing building plant place vehicle
young | jeune | basic job animal
good | bon bonne | food job text
[after]
red | rouge | coloured
black | noir | coloured fur
white | blanc blanche | coloured fur
blue | bleu | coloured
sad | triste | human | mood
happy | heureux | human | mood
tired | fatigué | human | cause mood
sick | malade | human animal | cause mood
tall | grand | human | predicate
"""

HARD = """
[before]
pretty | joli | clothing plant building place
bad | mauvais | idea question film novel story song job
long | long longue | letter novel story poem message film song street dress scarf rope lesson
fat | gros grosse | cat dog pig cow hen mouse rabbit duck frog
[after]
famous | célèbre | basic job sight art
rich | riche | human
expensive | cher | clothing vehicle
clean | propre | washable
green | vert | coloured
empty | vide | hollow
yellow | jaune | coloured
brown | marron | coloured fur | invariable
dangerous | dangereux | wolf bear lion snake dog thief crossing street
intelligent | intelligent | human dog horse monkey fox
strange | étrange | human animal art question story name
dirty | sale | washable
heavy | lourd | furniture box bag suitcase basket hammer computer piano axe
grey | gris | coloured fur
interesting | intéressant | text question problem idea story art sight
kind | gentil gentille | human
jealous | jaloux jalouse | human
french | français | basic friend job novel newspaper car film
broken | cassé | breakable clock watch telephone computer umbrella chair
pink | rose | clothing plant
strong | fort | man woman boy girl job horse bear lion
difficult | difficile | question problem lesson novel poem
brave | courageux | human
english | anglais | basic friend job novel newspaper car film
shy | timide | human | cause mood
cold | froid | drink soup meat
funny | drôle | human film story poem song message
lazy | paresseux | human cat dog donkey | cause mood
round | rond | table plate box clock mirror basket window
proud | fier | human
modern | moderne | building furniture
hot | chaud | drink
comfortable | confortable | bed chair armchair sofa car shoe
polite | poli | human
wild | sauvage | horse rabbit duck cat goat
fresh | frais fraîche | egg bread butter milk cheese strawberry mushroom
ripe | mûr | apple pear peach tomato strawberry cherry apricot orange
italian | italien italienne | basic friend job novel newspaper car film
curious | curieux | human cat monkey
dry | sec sèche | clothing towel blanket
blind | aveugle | human animal
elegant | élégant | clothing woman man
boring | ennuyeux | film novel story lesson concert magazine
furious | furieux | human
bald | chauve | man king mayor judge farmer teacher
quiet | calme | place village street basic
faithful | fidèle | dog
deaf | sourd | human
magic | magique | sword ring mirror lamp box violin
anxious | inquiet inquiète | human | cause mood
german | allemand | basic friend job novel newspaper car film
square | carré | table box window mirror
enormous | énorme | elephant bear spider building tree
russian | russe | basic friend job novel newspaper car film
precious | précieux | ring diamond watch coin sword
"""
