"""The nouns and the names of the hard size only, common ones first; :mod:`nouns` says how to read the tables.

One noun a line: a longer file reads better here than shorter lines would.
"""

HARD = """
[human]
student étudiant m + job
neighbour voisin m + own
husband mari m + kin single spouse
wife femme f + kin single spouse
daughter fille f + kin
son fils m + kin
baby bébé m + own
uncle oncle m + kin
farmer fermier m + job
waitress serveuse f + job
king roi m
queen reine f
soldier soldat m + job
aunt tante f + kin
lawyer avocat m + own job
pupil élève m + own
cousin cousin m + kin
baker boulanger m + job
actress actrice f + job
writer écrivain m + job
thief/thieves voleur m
painter peintre m + job
grandmother grand-mère f + kin single
journalist journaliste m + job
musician musicien m + job
guest invité m + own
grandfather grand-père m + kin single
prince prince m
princess princesse f
tourist touriste m
policeman/policemen policier m + job
butcher boucher m + job
engineer ingénieur m + job
waiter serveur m + job
mayor maire m
gardener jardinier m + job
sailor marin m + job
judge juge m + job
hero/heroes *héros m
actor acteur m + job
dentist dentiste m + own job
prisoner prisonnier m
witch sorcière f
hunter chasseur m + job
spy espion m
hairdresser coiffeur m + own job
shepherd berger m + job
widow veuve f
orphan orphelin m
giant géant m
[animal]
bird oiseau m + own fur
cow vache f + own fur
mouse/mice souris f + fur
wolf/wolves loup m
rabbit lapin m + own fur
duck canard m + fur
hen poule f + own fur
bear ours m + fur
pig cochon m + own
lion lion m
monkey singe m
snake serpent m
donkey âne m + own fur
fox renard m
elephant éléphant m
goat chèvre f + own fur
spider araignée f
owl *hibou/hiboux m
bee abeille f
frog grenouille f
squirrel écureuil m
swan cygne m
tortoise tortue f + own
[food gift]
orange orange f
tomato/tomatoes tomate f
pear poire f
carrot carotte f
strawberry fraise f
onion oignon m
lemon citron m
cherry cerise f
mushroom champignon m
peach pêche f
sausage saucisse f
biscuit biscuit m
omelette omelette f
apricot abricot m
pancake crêpe f
[food mass]
cheese fromage m
meat viande f
soup soupe f
chocolate chocolat m
rice riz m
butter beurre m
jam confiture f
honey miel m
[drink mass]
coffee café m
wine vin m
tea thé m
beer bière f
lemonade limonade f
[text gadget gift own goods]
newspaper journal m
novel roman m
map carte f
magazine magazine m
notebook cahier m
dictionary dictionnaire m
[writing gadget gift own]
message message m
poem poème m
[gadget gift own goods]
plate assiette f + coloured washable breakable
bag sac m + openable hollow coloured
watch montre f + machine
knife/knives couteau m + washable
photograph photo f
glass verre m + breakable washable hollow
telephone téléphone m + machine
ball balle f + ball coloured
lamp lampe f + breakable machine
bottle bouteille f + breakable hollow
guitar guitare f + music
ring bague f
pencil crayon m + coloured
suitcase valise f + openable hollow coloured
computer ordinateur m + machine
ticket billet m
cup tasse f + breakable washable hollow coloured
toy jouet m + breakable
clock horloge f + machine
spoon cuillère f + washable
mirror miroir m + breakable
blanket couverture f + washable coloured
basket panier m + hollow
fork fourchette f + washable
candle bougie f + coloured
doll poupée f
violin violon m + music
towel serviette f + washable coloured
sword épée f
pillow oreiller m + washable
coin pièce f
hammer marteau m
rope corde f
axe *hache f
diamond diamant m
drum tambour m + music
[instrument own goods]
piano piano m + music
[clothing gadget gift own coloured washable goods]
coat manteau m
shoe chaussure f
jacket veste f
skirt jupe f
scarf/scarves écharpe f
sweater pull m
glove gant m
cap casquette f
boot botte f
sock chaussette f
tie cravate f
belt ceinture f
apron tablier m
[vehicle own coloured washable machine goods]
bicycle vélo m
truck camion m + landmark whole wheeled
train train m
bus bus m + wheeled
plane avion m
motorbike moto f
taxi taxi m + wheeled
tractor tracteur m + wheeled
ship navire m
[furniture coloured goods]
bed lit m + surface cover
desk bureau m + surface cover own
armchair fauteuil m + surface
sofa canapé m + surface
carpet tapis m + surface cover washable
wardrobe armoire f + openable hollow
bench banc m + surface cover
shelf/shelves étagère f + surface
stool tabouret m + surface
[building landmark walled whole]
museum musée m + venue sight
hotel hôtel m + venue
castle château m + sight own
restaurant restaurant m + venue
theatre théâtre m + venue
library bibliothèque f + venue
farm ferme f + venue own
tower tour f + sight
bank banque f + venue
bakery boulangerie f + venue
cinema cinéma m + venue
factory usine f + venue
palace palais m + sight
airport aéroport m + venue
prison prison f
temple temple m + sight
hut cabane f + inside own
[building landmark]
bridge pont m + cover
[place]
station gare f + venue landmark
forest forêt f + inside
park parc m + inside
village village m + inside sight
bedroom chambre f + inside own whole
street rue f + inside crossing
field champ m + inside crossing
river rivière f + landmark crossing
lake lac m + landmark crossing
mountain montagne f
harbour port m + venue
attic grenier m + inside own
cellar cave f + inside own
cave grotte f + inside
island île f
hill colline f
[part]
roof toit m
wall mur m + coloured
staircase escalier m
chimney cheminée f
[sky]
moon lune f + single
star étoile f
sun soleil m + single
cloud nuage m
[idea]
story histoire f + told writing
question question f + own
problem problème m + own
secret secret m + own
idea idée f + own
name nom m + own
lesson leçon f
mistake erreur f + own
[art]
film film m
song chanson f + writing
concert concert m
"""

HARD_NAMES = """
[m]
jean luc louis thomas émile
[f]
claire sophie julie alice emma hélène
"""
